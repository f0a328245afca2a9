"""A searchable FAQ knowledge base: Markdown content in, ranked answers out.

Data flows content -> index -> retrieval -> answer -> web; imports point the other way only.
"""

__version__ = "0.1.0"
