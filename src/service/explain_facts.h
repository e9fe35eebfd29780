// The facts that explanations are made of, read from a circuit and, where it is known, its quantised graph.
#pragma once

#include "service/explain.h"

namespace veil {

Json explanation_facts(const Explained& explained);

}  // namespace veil
