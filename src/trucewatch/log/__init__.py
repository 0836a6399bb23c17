"""entries, bytes -> entries that can be believed. What was known, and when?"""
