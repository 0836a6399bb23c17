"""Floor 0: arithmetic. No noun of ours lives here, and nothing here touches the world."""
