"""Channels beside mail: robots of chat groups (企业微信, 钉钉, 飞书) and webhooks, with an outbox of their own and the states of mail's."""
