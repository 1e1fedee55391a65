package import Base

/// Where a server may listen.
package enum ServerSafety {
    /// Refuses to open a lakehouse to the network without authentication.
    ///
    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - isAuthenticationRequired: Whether the caller asked for tokens, which this version does not have.
    /// - Throws: `.unsupported` if tokens are asked for; `.failedPrecondition` if others could reach the address.
    package static func check(host: String, isAuthenticationRequired: Bool) throws(TarnError) {
        if isAuthenticationRequired {
            throw TarnError(
                .unsupported,
                "--auth required is not available in this version: there are no tokens yet. "
                    + "Without it the server answers this machine only.")
        }
        if !isLoopback(host) {
            throw TarnError(
                .failedPrecondition,
                "Refusing to listen on \(host): this version has no authentication, so everybody on the network could "
                    + "read and change the lakehouse. Use --host 127.0.0.1, and a tunnel or a proxy that "
                    + "authenticates for access from elsewhere.",
                context: [("host", host)])
        }
    }

    /// `localhost`, 127.0.0.0/8 and ::1.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts.allSatisfy { $0 != nil } && parts.first == 127
    }
}
