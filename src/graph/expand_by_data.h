// Core operators whose indices or parameters are known only at run time, or whose result is put together in steps:
// written with others. The same operators with constants stay as they are.
#pragma once

#include "graph/expansion.h"

namespace veil {

// How the call is to be written otherwise; none: its core operator does it. The call has been inferred: its shapes fit.
Status (*expansion_by_data(const Call& call))(Expansion& expansion);

}  // namespace veil
