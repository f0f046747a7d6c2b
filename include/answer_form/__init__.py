"""The answer form (热点网格排查反馈表): its layout and codes (pure), how it is written and how a filled-in one is read."""
