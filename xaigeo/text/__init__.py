"""What a text is to a model: tokens, their numbers, and a schema that encodes texts as rows."""

from xaigeo.text.huggingface_tokenizer import HuggingFaceTokenizer
from xaigeo.text.schema import ABSENT, TextSchema
from xaigeo.text.tokenizer import Tokenizer
from xaigeo.text.word_tokenizer import WordTokenizer

__all__ = ["ABSENT", "HuggingFaceTokenizer", "TextSchema", "Tokenizer", "WordTokenizer"]
