/// One of the simulated data centres: its number and where clients find it.
///
/// Each has authorisation keys of its own; users and files live in one. Source: https://core.telegram.org/api/datacenter
public struct DataCentre: Sendable, Hashable {
    public struct Address: Sendable, Hashable {
        public var host: String
        public var port: Int32
        public var isIPv6: Bool

        public init(host: String, port: Int32, isIPv6: Bool = false) {
            self.host = host
            self.port = port
            self.isIPv6 = isIPv6
        }
    }

    public var id: Int32
    public var addresses: [Address]

    public init(id: Int32, addresses: [Address]) {
        self.id = id
        self.addresses = addresses
    }
}

extension TelegramServer {
    /// The data centre of whoever is not said to live elsewhere, and the only one of a simulator that has one.
    public static let dataCentre: Int32 = 2

    /// A single data centre answers for all five, so that nobody is ever sent elsewhere.
    var isAlone: Bool { settings.dataCentres.count == 1 }

    /// Where something that lives in `home` must be asked for, when that is not `current`.
    func elsewhere(_ home: Int32, than current: Int32) -> Int32? { isAlone || home == current ? nil : home }

    func hasDataCentre(_ id: Int32) -> Bool { isAlone ? (1...5).contains(id) : settings.dataCentres.contains { $0.id == id } }

    /// Everybody's addresses as `dc_options`.
    var dataCentreNumbers: [Int32] { isAlone ? Array(1...5) : settings.dataCentres.map(\.id) }

    func addresses(of id: Int32) -> [DataCentre.Address] {
        (isAlone ? settings.dataCentres.first : settings.dataCentres.first { $0.id == id })?.addresses ?? []
    }
}
