"""What people see: tables, plans, previews and the progress of a fleet."""
