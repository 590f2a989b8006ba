"""Photographs from JPEG files to normalised pixels by Pillow and PyTorch, as torchvision's Resize, CenterCrop, ToTensor and Normalize do it."""
import argparse
import os
from concurrent.futures import ThreadPoolExecutor

import PIL
import torch
from PIL import Image

from turns import arguments, take_turns

mean = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(3, 1, 1)
std = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(3, 1, 1)
side = 224


def prepared(path):
    image = Image.open(path).convert("RGB")
    w, h = image.size
    w, h = (side, int(side * h / w)) if w <= h else (int(side * w / h), side)
    left, top = int(round((w - side) / 2.0)), int(round((h - side) / 2.0))
    image = image.resize((w, h), Image.BICUBIC).crop((left, top, left + side, top + side))
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(side, side, 3)
    return pixels.permute(2, 0, 1).to(torch.float32).div(255).sub(mean).div(std)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    o = arguments(parser)
    paths = [os.path.join(o.folder, name) for name in sorted(os.listdir(o.folder))]
    torch.set_num_threads(1)  # the pictures are spread over threads, not the work on one of them
    with ThreadPoolExecutor(o.threads) as pool:  # Pillow decodes and resizes without Python's lock
        take_turns(lambda: list(pool.map(prepared, paths)), o, photographs=len(paths), pillow=PIL.__version__)


if __name__ == "__main__":
    main()
