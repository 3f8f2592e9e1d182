"""How changes reach people: the outbox and the channels it serves."""
