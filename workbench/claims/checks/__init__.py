"""The experiments of the ledger: functions ``(lab, parameters) -> Finding``, one file a family.

``CHECKS`` of each module maps the name used in ledger.toml to the function.
"""
