"""CLIP's vision transformer in PyTorch on random weights: pixels to one row per token, class token and patches, after the last norm."""
import argparse

import torch
import torch.nn.functional as F
from torch import nn

from turns import arguments, take_turns


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1 = nn.LayerNorm(width)
        self.in_proj = nn.Linear(width, 3 * width)
        self.out_proj = nn.Linear(width, width)
        self.ln_2 = nn.LayerNorm(width)
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.in_proj(self.ln_1(x)).chunk(3, dim=-1))
        x = x + self.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width))
        inner = self.c_fc(self.ln_2(x))
        return x + self.c_proj(inner * torch.sigmoid(1.702 * inner))


class Tower(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.conv1 = nn.Conv2d(3, o.width, o.patch, o.patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(o.width))
        self.positions = nn.Parameter(torch.randn(1 + (o.size // o.patch) ** 2, o.width))
        self.ln_pre = nn.LayerNorm(o.width)
        self.blocks = nn.Sequential(*(Block(o.width, o.heads) for _ in range(o.layers)))
        self.ln_post = nn.LayerNorm(o.width)

    def forward(self, images):
        patches = self.conv1(images).flatten(2).transpose(1, 2)
        first = self.class_embedding.to(patches.dtype).expand(len(images), 1, -1)
        return self.ln_post(self.blocks(self.ln_pre(torch.cat([first, patches], dim=1) + self.positions)))


def main():
    parser = argparse.ArgumentParser()
    for name, default in dict(width=768, layers=12, heads=12, size=224, patch=32, images=32).items():
        parser.add_argument("--" + name, type=int, default=default)
    o = arguments(parser)
    tower = Tower(o).eval()
    images = torch.randn(o.images, 3, o.size, o.size)

    @torch.inference_mode()
    def encode():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=o.bf16):
            return tower(images).float().numpy()

    take_turns(encode, o)


if __name__ == "__main__":
    main()
