// Masks of attention: scores of minus infinity, or of a number so low that it stands for it, that only a softmax reads.
// There they mean a probability of 0. Fixed-point numbers have neither, but any score far below all others is as good.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace veil {

// Stands for every lower number of such a mask. Its exponential is 0 in any arithmetic, and it leaves fixed-point
// numbers room.
inline constexpr double kMaskedScore = -1e4;

// By value: is it read at least once, and by nothing but softmaxes, directly or through sums with other scores, choices
// between scores, and moves? A product is none of these: a factor could make a mask harmless.
std::vector<bool> feeds_softmax_only(const Graph& graph);

}  // namespace veil
