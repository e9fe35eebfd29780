// Randomness of the operating system. Aborts when the system has none to give: a proof made without it is not hiding.
#pragma once

#include <cstdint>
#include <span>

namespace veil {

void fill_random(std::span<std::uint8_t> out);

}  // namespace veil
