// Bounds that readers apply before they allocate, and that keep every index and integer in range.
#pragma once

#include <cstddef>
#include <cstdint>

namespace veil {

inline constexpr std::size_t kMaxRank = 8;   // axes of a tensor, and of an axis index
inline constexpr std::size_t kMaxAxes = 16;  // axes of one constraint (box and summed)
inline constexpr std::int64_t kMaxTensorSize = std::int64_t{1} << 28;
inline constexpr std::size_t kMaxTensors = 1u << 16;
inline constexpr std::size_t kMaxConstraints = 1u << 16;
inline constexpr std::size_t kMaxTerms = 1u << 12;  // terms of one expression or form
inline constexpr std::size_t kMaxTables = 256;
inline constexpr std::size_t kMaxTableRows = std::size_t{1} << 21;  // of all tables of a circuit
inline constexpr std::size_t kMaxNameBytes = 1u << 12;
inline constexpr std::int64_t kMaxCoefficient = std::int64_t{1} << 60;
inline constexpr unsigned kMaxLogColumns = 12;
inline constexpr std::size_t kMaxContextBytes = 1u << 20;
inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 32;

}  // namespace veil
