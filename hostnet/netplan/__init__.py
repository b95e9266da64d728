"""netplan's language, pure: documents, merge, edits, render."""
