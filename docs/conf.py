"""How the documentation is built."""

from __future__ import annotations

from importlib.metadata import version as _version

project = "forcesim"
author = "The forcesim developers"
copyright = "2026, the forcesim developers"
release = version = _version("forcesim")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_custom_sections = ["Source", "Class attributes"]
html_theme = "furo"
html_title = "forcesim"
html_static_path = ["_static"]
nitpicky = False
