package import Catalog
internal import Synchronization

/// One request or command on its way, for whatever records an event meanwhile.
///
/// The statement that a request runs is the request's event: what marks the trail spares a second one.
package final class AuditTrail: Sendable {
    @TaskLocal package static var current: AuditTrail?

    package let door: String
    package let requestID: String
    package let clientAddress: String?
    private let state = Mutex<(principal: Principal?, isRecorded: Bool)>((nil, false))

    package init(door: String, requestID: String, clientAddress: String?) {
        self.door = door
        self.requestID = requestID
        self.clientAddress = clientAddress
    }

    /// Who asks, once that is known.
    package var principal: Principal? {
        get { state.withLock { $0.principal } }
        set { state.withLock { $0.principal = newValue } }
    }

    /// Whether something recorded an event for it already.
    package var isRecorded: Bool { state.withLock { $0.isRecorded } }

    package func markRecorded() { state.withLock { $0.isRecorded = true } }
}
