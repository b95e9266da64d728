"""netplan's language held against netplan itself: documents by chance, and its own C cores."""
