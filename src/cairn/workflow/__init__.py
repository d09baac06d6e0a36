"""The order of thoughts, as a LangGraph graph. It keeps a position; products go through the ledger."""
