import Base
import Foundation

/// An empty folder of its own for one test, removed when the last reference goes.
package final class TemporaryFolder: Sendable {
    /// Absolute, without a trailing slash.
    package let path: String

    package init(_ purpose: String = "test") throws {
        let name = "tarn-\(purpose)-\(SystemRandomSource().uuid())"
        path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
