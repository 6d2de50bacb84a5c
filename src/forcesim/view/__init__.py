"""Pictures and tables from plain labelled arrays; nothing here knows what a result is."""
