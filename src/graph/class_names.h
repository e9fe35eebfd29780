// Names of classes, as classifiers of a model file give them.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace veil {

// The attribute classlabels_strings of the graph's classifiers and of its ZipMap, one name for each score in order.
// Nothing where there are none, where two do not agree, or where a name is empty, long or no text.
std::vector<std::string> class_names(const Graph& graph);

}  // namespace veil
