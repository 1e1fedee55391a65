internal import Foundation

/// Paths of this machine as a person writes them.
enum LocalPath {
    /// `~/x` below the home folder, `x` below the current one; `file://` taken off.
    static func absolute(_ path: String) -> String {
        let plain = path.hasPrefix("file://") ? String(path.dropFirst(7)) : path
        return URL(fileURLWithPath: NSString(string: plain).expandingTildeInPath).standardizedFileURL.path
    }
}
