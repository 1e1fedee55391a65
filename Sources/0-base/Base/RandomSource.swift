import Foundation
import Synchronization

/// Where random identifiers and jitter come from; seeded in tests.
public protocol RandomSource: Sendable {
    func next() -> UInt64
}

extension RandomSource {
    /// A version 4 UUID in lower case.
    package func uuid() -> String {
        var (a, b) = (next(), next())
        a = (a & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        b = (b & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        func hex(_ value: UInt64, _ digits: Int) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        return [
            hex(a >> 32, 8), hex((a >> 16) & 0xFFFF, 4), hex(a & 0xFFFF, 4), hex(b >> 48, 4),
            hex(b & 0xFFFF_FFFF_FFFF, 12),
        ].joined(separator: "-")
    }

    /// A number in 0..<1.
    package func fraction() -> Double { Double(next() >> 11) / Double(1 << 53) }
}

/// The operating system's random numbers.
public struct SystemRandomSource: RandomSource {
    public init() {}
    public func next() -> UInt64 { UInt64.random(in: .min ... .max) }
}

/// SplitMix64 from a seed: the same seed gives the same run.
package final class SeededRandomSource: RandomSource {
    private let state: Mutex<UInt64>

    package init(seed: UInt64) { state = Mutex(seed) }

    package func next() -> UInt64 {
        var z = state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            return state
        }
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
