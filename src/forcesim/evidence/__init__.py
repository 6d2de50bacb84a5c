"""Why believe it: tables with provenance, parameters fitted to history, forecasts scored, published figures replayed."""
