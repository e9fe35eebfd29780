#include "base/secret.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <new>
#include <string>

namespace veil {
namespace {

template <class T>
concept Comparable = requires(const T& a, const T& b) {
  a == b;
};
template <class T>
concept Printable = requires(std::ostream& out, const T& a) {
  out << a;
};

using Key = std::array<std::uint8_t, 32>;

TEST(Secret, CannotBeCopiedPrintedOrCompared) {
  static_assert(!std::is_copy_constructible_v<Secret<Key>> && !std::is_copy_assignable_v<Secret<Key>>);
  static_assert(!std::is_copy_constructible_v<SecretVector<int>> && !std::is_copy_assignable_v<SecretVector<int>>);
  static_assert(std::is_nothrow_move_constructible_v<Secret<Key>>);
  static_assert(Comparable<int> && !Comparable<Secret<int>> && !Comparable<SecretVector<int>>);
  static_assert(Printable<int> && !Printable<Secret<int>> && !Printable<SecretVector<int>>);
}

TEST(Secret, IsWipedOnDestructionAndWhenMovedFrom) {
  Key key;
  key.fill(0x5a);
  alignas(Secret<Key>) std::array<unsigned char, sizeof(Secret<Key>)> memory{};
  auto* const secret = new (memory.data()) Secret<Key>(key);
  EXPECT_EQ(memory[7], 0x5a);
  {
    const Secret<Key> moved(std::move(*secret));
    EXPECT_EQ(moved.expose(), key);
    EXPECT_EQ(memory[7], 0);
  }
  secret->expose() = key;
  EXPECT_EQ(memory[7], 0x5a);
  secret->~Secret<Key>();
  EXPECT_EQ(memory, decltype(memory){});
}

TEST(Secret, VectorMovesItsBuffer) {
  SecretVector<int> a(std::vector<int>{1, 2, 3});
  const int* const data = a.expose().data();
  SecretVector<int> b;
  b = std::move(a);
  EXPECT_EQ(b.expose().data(), data);
  EXPECT_EQ(b.size(), 3u);
  EXPECT_EQ(b.expose(2), 3);
  EXPECT_DEATH(b.expose(3), "check failed");
}

TEST(Secret, WipeOfNothingIsFine) { wipe(nullptr, 0); }

}  // namespace
}  // namespace veil
