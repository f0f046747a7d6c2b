"""The demo region: a seeded season of alarms and answers in 39 cities. All of it is 模拟数据 and says so in every row."""
