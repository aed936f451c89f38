"""Delivery only: what the record owes is brought to people and the receipts are brought back; nothing is decided here."""
