"""The benchmark's train step in PyTorch: loss, gradients, clipping by global norm and AdamW, on random weights. Needs torch alone.

  python bench/peers/train_step.py --layers 12 --width 768 --heads 12 --vocabulary 50257 --images 8 --captions 4 --tokens 20 \
         --image-tokens 50 --image-width 768 --rank 16 --threads 2 --steps 5 [--bf16]

The captions of an image share its keys and values, as in Captune; with --images 32 --captions 1 every caption has an image of its own,
as in most training loops.
"""
import argparse

import torch
import torch.nn.functional as F
from torch import nn

from captioner import Captioner, add_sizes
from turns import arguments, take_turns


def main():
    parser = argparse.ArgumentParser()
    add_sizes(parser)
    o = arguments(parser)
    model = Captioner(o)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01)
    features = torch.randn(o.images, o.image_tokens, o.image_width)
    ids = torch.randint(o.vocabulary, (o.images * o.captions, o.tokens))
    targets = torch.randint(o.vocabulary, (o.images * o.captions, o.tokens))

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=o.bf16):
            logits = model(ids, model.image_keys(features))
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    take_turns(step, o, trained=sum(p.numel() for p in trained))


main()
