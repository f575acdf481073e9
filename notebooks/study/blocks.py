"""Networks of blocks instead of LSTM layers: what Transformer and minGRU share (notebook 07)."""

from typing import Any

from torch import Tensor, nn

from shakespeare.beyond.norm_dropout import NormDropoutLSTM


class BlockNetwork(NormDropoutLSTM):
    """Blocks, one on the other, and a layer normalisation.

    Embedding, linear layer and loss are those of a NormDropoutLSTM, which has no layers here. A
    block is made with `hidden_size` and `sizes`. It takes x (batch, time, hidden_size) and its
    state, and returns both, updated; a state of the network is that of each block.
    """

    def __init__(
        self,
        chars: list[str],
        hidden_size: int,
        num_layers: int,
        block: type[nn.Module],
        sizes: dict[str, int],
    ) -> None:
        super().__init__(chars, hidden_size, hidden_size, num_layers=0)
        self.num_layers = num_layers
        self.sizes = sizes
        self.blocks = nn.ModuleList()
        for _ in range(num_layers):
            self.blocks.append(block(hidden_size, **sizes))
        self.norm = nn.LayerNorm(hidden_size)
        nn.init.normal_(self.embedding.weight, std=0.5)

    def hidden(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        x = self.embedding(ids)  # (batch, time, hidden_size)
        new_state = []
        for k, block in enumerate(self.blocks):
            x, of_block = block(x, state[k] if state else None)
            new_state.append(of_block)
        return self.norm(x), new_state

    def config(self) -> dict[str, Any]:
        return {
            "chars": self.chars,
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            **self.sizes,
        }
