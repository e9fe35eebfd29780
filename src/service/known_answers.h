// Known answers. Written by testdata/known_answers.py; what they are is said there and in self_check.cc.
#pragma once

#include <string_view>

namespace veil {

inline constexpr std::string_view kProduct = "1101de828446e05155bff8988dcac6a10b9bd2da66f3bf01adf3d7d45b46ecb9";
inline constexpr std::string_view kInner = "29036e10f275d15259cfabb260826ada24660cec4ebebe0ea40c931a9d5215ef";
inline constexpr std::string_view kInnerInt = "2ec82eb175f6f3b6a5839cd9aeadd1e1f1020a8a8e43d1b4242fa33eba742792";
inline constexpr std::string_view kFolded = "03f06e54fdd9448530052479afadedde829d3ee69a7093e59fd18d3b6a1bd34a";
inline constexpr std::string_view kInverses = "2ce57bf004014780563c6c41d10f7dd66ec67e96bb33caa292f71fec4278dd41";
inline constexpr std::string_view kWeightedRows = "0000000000000000005c521be12ed5c40bd3f405b694c561e571e509ac4608e0";
inline constexpr std::string_view kSumOfPoints = "197a5dd1e3dc9d2abf9f656a95d7a6da6b4e56c310d9ff37625a710e72a5c023";
inline constexpr std::string_view kKeccak0 = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
inline constexpr std::string_view kKeccak136 = "742061bcad767ed4c4f5883b1dcb1aad11afdcc140dc469d953759b127b9f9ed";
inline constexpr std::string_view kKeccak1000 = "80cdc8dd52cbb3dbaea8f383209893fa2bb52efbd5aedbb4b26dcfe307fcdc9b";
inline constexpr std::string_view kChallenge = "1e2198fb955e347dc6912a4675c13252928fb06db2bdfb10d1fb4b26df4f79d4";
inline constexpr std::string_view kNextChallenge = "2f27ba645966cd72892424d2f74e1f66f0b0a0fd87c8c6df80ac5098a9a1830d";

}  // namespace veil
