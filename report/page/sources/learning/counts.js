// The counting model: how well the next character is predicted by counting what followed the last
// three.
//
// Interpolated Witten-Bell counts, as in shakespeare/beyond/ngrams.py. Here u is a context, the k
// characters before a position, n(u) is how often it occurred, and n(ux) how often x followed it.

const CONTEXT = 3; // characters of the longest context

/**
 * Counts of all contexts of up to CONTEXT characters.
 *
 * Each context is a node of a tree. The root is the empty context, and a node's child has one more
 * character, an earlier one.
 */
class ContextCounts {
  constructor(vocabSize) {
    this.vocabSize = vocabSize;
    this.children = new Map(); // node and earlier character -> the child's number
    this.pairs = new Map(); // node and x -> n(ux)
    this.occurrences = [0]; // n(u) of each node
    this.distinct = [0]; // how many different characters followed each node
  }

  /** The key of a node's child whose earliest character is ids[position]. */
  childKey(node, ids, position) {
    const digit = position < 0 ? 0 : ids[position] + 1; // 0: before the start of the text
    return node * (this.vocabSize + 1) + digit;
  }

  /** The child with this key, which is made if it is new. */
  makeChild(key) {
    let child = this.children.get(key);
    if (child === undefined) {
      child = this.occurrences.length;
      this.children.set(key, child);
      this.occurrences.push(0);
      this.distinct.push(0);
    }
    return child;
  }

  /** Counts that a character followed a context. */
  countPair(node, x) {
    const pair = node * this.vocabSize + x;
    const before = this.pairs.get(pair) ?? 0;
    this.pairs.set(pair, before + 1);
    this.occurrences[node] += 1;
    if (before === 0) this.distinct[node] += 1;
  }

  /** Counts each character of a text after all of its contexts. */
  count(ids) {
    ids.forEach((x, position) => {
      let node = 0;
      this.countPair(node, x);
      for (let back = 1; back <= CONTEXT; back++) {
        node = this.makeChild(this.childKey(node, ids, position - back));
        this.countPair(node, x);
      }
    });
  }

  /**
   * The probability of the character at a position of a text.
   *
   * P_k(x | u) = (n(ux) + distinct(u) P_{k-1}(x | u')) / (n(u) + distinct(u)), where u' is u without
   * its earliest character, and P_{-1} = 1 / vocabSize.
   */
  probability(ids, position) {
    let p = 1 / this.vocabSize;
    let node = 0;
    for (let back = 1; node !== undefined; back++) {
      const n = this.pairs.get(node * this.vocabSize + ids[position]) ?? 0;
      const distinct = this.distinct[node];
      p = (n + distinct * p) / (this.occurrences[node] + distinct);
      node = this.children.get(this.childKey(node, ids, position - back));
    }
    return p; // no longer context occurred, or none was counted
  }
}

/** The mean loss in nats of held-out text; its first character doesn't count, as for a network. */
export function countsLoss(train, heldOut, vocabSize) {
  const counts = new ContextCounts(vocabSize);
  counts.count(train);
  let total = 0;
  for (let position = 1; position < heldOut.length; position++) {
    total -= Math.log(counts.probability(heldOut, position));
  }
  return total / (heldOut.length - 1);
}
