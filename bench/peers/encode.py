"""Photographs to features in PyTorch: a DataLoader whose processes decode and resize with Pillow, beside the tower of vit.py."""
import argparse
import os

import torch
from torch.utils.data import DataLoader, Dataset

from photographs import prepared
from turns import arguments, take_turns
from vit import Tower


class Photographs(Dataset):
    def __init__(self, folder, count):
        names = sorted(os.listdir(folder))
        self.paths = [os.path.join(folder, names[i % len(names)]) for i in range(count)]

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return prepared(self.paths[index])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    for name, default in dict(width=768, layers=12, heads=12, size=224, patch=32, images=32, photographs=160).items():
        parser.add_argument("--" + name, type=int, default=default)
    o = arguments(parser)
    tower = Tower(o).eval()
    # kept from one pass to the next: an epoch's start costs a fork and an import each time otherwise
    loader = DataLoader(Photographs(o.folder, o.photographs), o.images, num_workers=os.cpu_count(), persistent_workers=True)

    @torch.inference_mode()
    def encode():
        for images in loader:
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=o.bf16):
                tower(images).float().numpy()

    take_turns(encode, o, workers=os.cpu_count())


if __name__ == "__main__":
    main()
