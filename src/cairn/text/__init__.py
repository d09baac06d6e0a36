"""Words on a page: Markdown made into safe HTML, for programs and people alike."""
