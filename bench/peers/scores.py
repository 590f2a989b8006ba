"""The COCO toolkit (pycocoevalcap, whose tokenizer is Java's): all text scores of a corpus of captions."""
import argparse
import contextlib
import json
import os

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

from turns import arguments, take_turns


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", required=True, help="JSON: captions by stem, and references by stem")
    o = arguments(parser)
    with open(o.corpus) as file:
        corpus = json.load(file)
    predictions = {stem: [{"caption": text}] for stem, text in corpus["captions"].items()}
    references = {stem: [{"caption": text} for text in corpus["references"][stem]] for stem in predictions}

    def scores():
        with contextlib.redirect_stdout(open(os.devnull, "w")):
            gts, res = PTBTokenizer().tokenize(references), PTBTokenizer().tokenize(predictions)
            cider, _ = Cider().compute_score(gts, res)
            Bleu(4).compute_score(gts, res)
            Rouge().compute_score(gts, res)
        return float(cider)

    take_turns(scores, o, cider=scores())


main()
