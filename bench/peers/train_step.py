"""The benchmark's train step in PyTorch, written as people write it: GPT-2 with cross-attention in every layer and LoRA on c_attn,
loss, gradients, clipping by global norm and AdamW, on random weights. Prints one JSON object. Needs torch alone.

  python bench/peers/train_step.py --layers 12 --width 768 --heads 12 --vocabulary 50257 --images 8 --captions 4 --tokens 20 \
         --image-tokens 50 --image-width 768 --rank 16 --threads 2 --steps 5 [--bf16] [--repeat]

--repeat gives every caption its own copy of its image's tokens, as most training loops do; without it the captions of an image
share its keys and values, as Captune does.
"""
import argparse
import json
import math
import resource
import time

import torch
import torch.nn.functional as F
from torch import nn


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

    def forward(self, x, image):
        q, k, v = (split_heads(part, self.heads) for part in self.c_attn(self.ln_1(x)).chunk(3, dim=-1))
        x = x + self.c_proj(merge_heads(F.scaled_dot_product_attention(q, k, v, is_causal=True)))
        batch, length, width = x.shape
        images = image.shape[0]
        q = split_heads(self.q(self.ln_cross(x)).view(images, batch // images * length, width), self.heads)
        k, v = (split_heads(part, self.heads) for part in self.kv(image).chunk(2, dim=-1))
        seen = merge_heads(F.scaled_dot_product_attention(q, k, v)).view(batch, length, width)
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

    def forward(self, ids, image):
        x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1]))
        image = self.projection(image)
        for block in self.blocks:
            x = block(x, image)
        return self.ln_f(x) @ self.wte.weight.T


def main():
    parser = argparse.ArgumentParser()
    for name, default in dict(layers=12, width=768, heads=12, vocabulary=50257, images=8, captions=4, tokens=20, rank=16, threads=2,
                              steps=5, image_tokens=50, image_width=768).items():
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=default)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--repeat", action="store_true")
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(1)
    model = Captioner(o)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01)
    rows = o.images * o.captions
    features = torch.randn(o.images, o.image_tokens, o.image_width)
    if o.repeat:
        features = features.repeat_interleave(o.captions, dim=0)
    ids = torch.randint(o.vocabulary, (rows, o.tokens))
    targets = torch.randint(o.vocabulary, (rows, o.tokens))

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=o.bf16):
            loss = F.cross_entropy(model(ids, features).flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    step(), step()
    seconds = []
    for _ in range(o.steps):
        began = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - began)
    print(json.dumps(dict(peer="pytorch " + torch.__version__, precision="bf16" if o.bf16 else "fp32", repeat=o.repeat,
                          trained=sum(p.numel() for p in trained), seconds=sorted(seconds)[len(seconds) // 2],
                          peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)))


main()
