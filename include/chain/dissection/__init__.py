"""解剖分析: pure. When a grid's alarms open a case, what may be done with it, what failed at it, and what its measures changed."""
