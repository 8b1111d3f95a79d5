"""How fast a statement is, and whether two ways of running it differ.

``statistics`` and ``verdict`` are pure; ``runs`` runs one statement once and reads the clocks;
``abtest`` puts runs in a random order and stops when the answer is known; ``environment`` says
where it was measured.
"""
