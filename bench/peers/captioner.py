"""The benchmark's captioner in PyTorch, written as people write it: GPT-2 with cross-attention in every layer and LoRA on c_attn."""
import math

import torch
import torch.nn.functional as F
from torch import nn


def add_sizes(parser):
    sizes = dict(layers=12, width=768, heads=12, vocabulary=50257, images=8, captions=4, tokens=20, rank=16, image_tokens=50, image_width=768)
    for name, default in sizes.items():
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=default)


class LoraLinear(nn.Module):
    def __init__(self, inputs, outputs, rank):
        super().__init__()
        self.base = nn.Linear(inputs, outputs)
        self.base.requires_grad_(False)
        self.a = nn.Parameter(torch.empty(rank, inputs))
        self.b = nn.Parameter(torch.zeros(outputs, rank))
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))

    def forward(self, x):
        return self.base(x) + 2.0 * (x @ self.a.T) @ self.b.T


def split_heads(x, heads):
    batch, length, width = x.shape
    return x.view(batch, length, heads, width // heads).transpose(1, 2)


def merge_heads(x):
    batch, heads, length, width = x.shape
    return x.transpose(1, 2).reshape(batch, length, heads * width)


class Block(nn.Module):
    def __init__(self, width, heads, rank):
        super().__init__()
        self.heads = heads
        self.ln_1 = nn.LayerNorm(width)
        self.c_attn = LoraLinear(width, 3 * width, rank)
        self.c_proj = nn.Linear(width, width)
        self.ln_2 = nn.LayerNorm(width)
        self.c_fc = nn.Linear(width, 4 * width)
        self.mlp_proj = nn.Linear(4 * width, width)
        for frozen in (self.ln_1, self.c_proj, self.ln_2, self.c_fc, self.mlp_proj):
            frozen.requires_grad_(False)
        self.ln_cross = nn.LayerNorm(width)
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.cross_proj = nn.Linear(width, width)

    def image_keys(self, image):
        """Keys and values (I, H, N, D) of image tokens (I, N, width)."""
        return [split_heads(part, self.heads) for part in self.kv(image).chunk(2, dim=-1)]

    def forward(self, x, keys, cache=None):
        """`cache`, a list of keys and values of earlier tokens, is brought up to date; without it x is a whole text."""
        q, k, v = (split_heads(part, self.heads) for part in self.c_attn(self.ln_1(x)).chunk(3, dim=-1))
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
            cache[:] = [k, v]
        x = x + self.c_proj(merge_heads(F.scaled_dot_product_attention(q, k, v, is_causal=cache is None)))
        batch, length, width = x.shape
        images = keys[0].shape[0]
        q = split_heads(self.q(self.ln_cross(x)).view(images, batch // images * length, width), self.heads)
        seen = merge_heads(F.scaled_dot_product_attention(q, *keys)).view(batch, length, width)
        x = x + self.cross_proj(seen)
        return x + self.mlp_proj(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class Captioner(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.wte = nn.Embedding(o.vocabulary, o.width).requires_grad_(False)
        self.wpe = nn.Embedding(1024, o.width).requires_grad_(False)
        self.projection = nn.Linear(o.image_width, o.width) if o.image_width != o.width else nn.Identity()
        self.blocks = nn.ModuleList(Block(o.width, o.heads, o.rank) for _ in range(o.layers))
        self.ln_f = nn.LayerNorm(o.width).requires_grad_(False)

    def image_keys(self, image):
        image = self.projection(image)
        return [block.image_keys(image) for block in self.blocks]

    def forward(self, ids, keys, caches=None, position=0):
        """Logits of captions `ids` (rows, T) of the images behind `keys`; an image's captions are adjacent."""
        x = self.wte(ids) + self.wpe(torch.arange(position, position + ids.shape[1]))
        for i, block in enumerate(self.blocks):
            x = block(x, keys[i], None if caches is None else caches[i])
        return self.ln_f(x) @ self.wte.weight.T
