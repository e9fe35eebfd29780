// Which tensors the constraints determine from model and input tensors: the circuit is a function, not only a relation
// (attacks 1a). A public tensor is a result, so it has to be determined like a witness; were it taken as given, a free
// tensor added to it would be "determined" by it. Patterns, applied to a fixed point; D is the set of determined
// tensors:
//
//   equation     an identity, or the key entry of a lookup:  X - sum_j c_j l_j in a set of T consecutive integers
//                (T = 1 for an identity), X in D, each l_j covering its tensor. All l_j are determined when the digits
//                do not overlap: sorted by |c_j|, each |c_j| is at least the number of values that the digits below
//                reach.
//   clamp        z + e under one coefficient, with an identity  e (z - max + (max - min) [e < 0]) = 0:  z is the
//                clamped value, proven to be in [min, max], and e the signed excess, so z + e determines both (e > 0:
//                z + e > max; e < 0: z + e < min; else z + e is between them); [e < 0] by a signed lookup of e's top
//                limb. All three constraints read each tensor by one and the same view.
//   column       a lookup whose key entry is in D determines its other entries (keys of a table are distinct)
//   quotient     two lookups:  X - K q >= a  and  Y + K q >= b  with  X + Y = K - d,  a + b + d > 0,  X, Y, K in D:
//                q is the quotient of a division by K whose remainder and rest are proven
//   slices       a digit may cover a slice of its tensor (one axis at a fixed index); all slices make the tensor
#pragma once

#include <vector>

#include "circuit/circuit.h"
#include "circuit/interval.h"

namespace veil {

std::vector<bool> determined_tensors(const Circuit& circuit, const ProvenRanges& ranges);

}  // namespace veil
