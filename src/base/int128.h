// 128-bit integers. A compiler extension that g++ and clang both have; named once so that pedantic builds stay quiet.
#pragma once

namespace veil {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

}  // namespace veil
