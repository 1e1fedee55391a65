import Foundation

/// One of the process's standard streams, as far as a terminal matters.
package struct Terminal: Sendable {
    package static let output = Terminal(descriptor: STDOUT_FILENO)
    package static let error = Terminal(descriptor: STDERR_FILENO)

    package let descriptor: Int32

    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// Whether a person may be looking: a terminal that can move its cursor.
    package var isInteractive: Bool {
        isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Columns of the window; 80 if unknown.
    package var columns: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes all of the text; a reader that went away is no error here.
    package func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = writeAll($0) }
    }

    /// Writes all bytes, however many calls it takes.
    ///
    /// - Returns: `false` if the stream takes no more: its reader went away, or the disk is full.
    @discardableResult
    package func writeAll(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var rest = UnsafeRawBufferPointer(bytes)[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = Foundation.write(descriptor, piece.baseAddress, piece.count)
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                return false
            }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
