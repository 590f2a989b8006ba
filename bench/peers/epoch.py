"""A train step as people write it first: every image is encoded in each step, each caption has its own row and is padded to 64 positions.

  python bench/peers/epoch.py --captions 16 --padded 64 --threads 2 --steps 3 [--bf16]
"""
import argparse

import torch
import torch.nn.functional as F
from torch import nn

from captioner import Captioner, add_sizes
from turns import arguments, take_turns
from vit import Tower


def main():
    parser = argparse.ArgumentParser()
    add_sizes(parser)
    parser.add_argument("--padded", type=int, default=64)
    o = arguments(parser)
    tower = Tower(argparse.Namespace(width=768, layers=12, heads=12, size=224, patch=32)).eval().requires_grad_(False)
    model = Captioner(o)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01)
    images = torch.randn(o.captions, 3, 224, 224)
    ids = torch.randint(o.vocabulary, (o.captions, o.padded))
    targets = torch.randint(o.vocabulary, (o.captions, o.padded))
    targets[:, 13:] = -100

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=o.bf16):
            with torch.no_grad():
                features = tower(images)
            logits = model(ids, model.image_keys(features))
            loss = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    take_turns(step, o)


main()
