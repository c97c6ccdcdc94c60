"""What a text network is made of: its encoder, its attention and their sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from xaigeo.errors import InputError
from xaigeo.options import check_count, check_option, is_number

if TYPE_CHECKING:
    from xaigeo.ensemble.texts.text_module import TextModule

Encoder = Literal["cnn", "lstm", "transformer"]
PoolingAttention = Literal["additive", "scaled_dot", "none"]

# Sizes of what each encoder makes of a token: filters a kernel, units a direction.
HIDDEN_SIZE = 32
KERNEL_SIZES = (1, 3, 5, 7)
N_LAYERS, N_HEADS = 2, 4
# Which options belong to which encoders, and what they are when left out.
OWNED: dict[str, tuple[tuple[str, ...], Any]] = {
    "attention": (("cnn", "lstm"), "additive"),
    "kernel_sizes": (("cnn",), KERNEL_SIZES),
    "n_layers": (("transformer",), N_LAYERS),
    "n_heads": (("transformer",), N_HEADS),
}


@dataclass(frozen=True, kw_only=True)
class TextArchitecture:
    """A text network: word vectors -> encoder -> pooled tokens -> linear output.

    Attributes
    ----------
    n_tokens : int
        Words that have a vector.
    n_raw : int
        Numbers that the network gives for a text.
    max_tokens : int
        Most tokens of a text; a transformer has a vector for each place.
    encoder : {"cnn", "lstm", "transformer"}
    embedding_size : int
        Length of a word vector.
    hidden_size : int
        Filters of each kernel, units of each direction, or the width of a transformer's
        feed-forward layers; 32, 32 and twice `embedding_size` when made by `of`.
    attention : {"additive", "scaled_dot", "none"} or None
        How tokens are weighed for the pooled text; "none" takes their mean. None for a transformer,
        which takes the mean too and has its attention inside.
    kernel_sizes : tuple of int
        Odd, in rising order; empty but for "cnn".
    n_layers, n_heads : int
        0 but for "transformer".
    dropout : float
        Share of the pooled text's numbers dropped in training.

    Raises
    ------
    InputError
        For sizes that make no network, or options of another encoder.
    """

    n_tokens: int
    n_raw: int
    max_tokens: int
    encoder: Encoder = "cnn"
    embedding_size: int = 64
    hidden_size: int = HIDDEN_SIZE
    attention: PoolingAttention | None = "additive"
    kernel_sizes: tuple[int, ...] = KERNEL_SIZES
    n_layers: int = 0
    n_heads: int = 0
    dropout: float = 0.0

    @classmethod
    def of(
        cls,
        *,
        n_tokens: int,
        n_raw: int,
        max_tokens: int,
        encoder: Encoder,
        embedding_size: int,
        hidden_size: int | None = None,
        attention: PoolingAttention | None = None,
        kernel_sizes: Sequence[int] | None = None,
        n_layers: int | None = None,
        n_heads: int | None = None,
        dropout: float = 0.0,
    ) -> TextArchitecture:
        """Check what a user chose, None being the encoder's own default, and fill the rest in."""
        check_option("encoder", encoder, Encoder)
        check_count("embedding_size", embedding_size)
        given = {
            "attention": attention,
            "kernel_sizes": kernel_sizes,
            "n_layers": n_layers,
            "n_heads": n_heads,
        }
        chosen: dict[str, Any] = {}
        for name, (owners, default) in OWNED.items():
            if encoder in owners:
                chosen[name] = default if given[name] is None else given[name]
            elif given[name] is not None:
                raise InputError(
                    expected=f"{name} only with encoder={' or '.join(map(repr, owners))}",
                    arrived=f"{name}={given[name]!r} with encoder={encoder!r}",
                    do=f"Leave {name} out, or choose such an encoder.",
                )
        if hidden_size is None:
            hidden_size = 2 * embedding_size if encoder == "transformer" else HIDDEN_SIZE
        empty = {"attention": None, "kernel_sizes": (), "n_layers": 0, "n_heads": 0}
        chosen = empty | chosen
        _check_chosen(encoder, embedding_size, hidden_size, chosen, dropout)
        return cls(
            n_tokens=n_tokens,
            n_raw=n_raw,
            max_tokens=max_tokens,
            encoder=encoder,
            embedding_size=embedding_size,
            hidden_size=hidden_size,
            dropout=float(dropout),
            **{**chosen, "kernel_sizes": tuple(chosen["kernel_sizes"])},
        )

    @property
    def pools_by_attention(self) -> bool:
        """Whether attention weighs the tokens of a text; otherwise all weigh the same."""
        return self.attention not in (None, "none")

    @property
    def encoded_size(self) -> int:
        """Numbers that the encoder makes of a token."""
        if self.encoder == "cnn":
            return self.hidden_size * len(self.kernel_sizes)
        return 2 * self.hidden_size if self.encoder == "lstm" else self.embedding_size

    def build(self) -> TextModule:
        """Build a plain module; its weights are drawn from torch's generator."""
        from xaigeo.ensemble.texts.text_module import TextModule

        return TextModule(self)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        return asdict(self) | {"kernel_sizes": list(self.kernel_sizes)}

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> TextArchitecture:
        """Build what `to_dict` described."""
        known = {field.name: description[field.name] for field in fields(cls)}
        return cls(**known | {"kernel_sizes": tuple(known["kernel_sizes"])})


def _check_chosen(
    encoder: Encoder,
    embedding_size: int,
    hidden_size: int,
    chosen: Mapping[str, Any],
    dropout: float,
) -> None:
    check_count("hidden_size", hidden_size)
    if not is_number(dropout) or not 0 <= dropout < 1:
        raise InputError(
            expected="dropout to be a number of at least 0 and below 1",
            arrived=repr(dropout),
            do="Pass such a number for dropout.",
        )
    if encoder == "cnn":
        _check_kernels(chosen["kernel_sizes"])
    if encoder != "transformer":
        check_option("attention", chosen["attention"], PoolingAttention)
        return
    check_count("n_layers", chosen["n_layers"])
    check_count("n_heads", chosen["n_heads"])
    if embedding_size % chosen["n_heads"]:
        raise InputError(
            expected="an embedding_size that n_heads divides",
            arrived=f"embedding_size={embedding_size} and n_heads={chosen['n_heads']}",
            do="Choose for example embedding_size=64 and n_heads=4.",
        )


def _check_kernels(sizes: Any) -> None:
    kernels = list(sizes) if isinstance(sizes, Sequence) and not isinstance(sizes, str) else []
    whole = all(isinstance(k, int) and not isinstance(k, bool) and k > 0 for k in kernels)
    if (
        not kernels
        or not whole
        or any(k % 2 == 0 for k in kernels)
        or kernels != sorted(set(kernels))
    ):
        raise InputError(
            expected="kernel_sizes to be different odd numbers of tokens in rising order",
            arrived=repr(sizes),
            do="Pass for example kernel_sizes=(1, 3, 5, 7).",
        )
