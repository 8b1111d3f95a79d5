"""Formatting: plans and advice for the terminal; nothing here opens or measures anything."""
