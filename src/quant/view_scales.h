// Scales of elements on their way through a view.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "quant/plan.h"
#include "quant/quantised_graph.h"

namespace veil {

ViewOp view_op(const PlanView& view);  // without what it fills in

// The scale of each element of a row of the output, where the input has one for each element of a row; of rows of a
// batch all alike. Nothing where a row reads another row, or nothing at all in some place.
std::optional<std::vector<std::int32_t>> viewed_scales(const ViewOp& op, std::int64_t batch,
                                                       const std::vector<std::int32_t>& scales);

}  // namespace veil
