import Events

/// One fully filled instance of every message of the contract, for the golden bytes.
enum Samples {
    static let stream = try? StreamID(bytes: [UInt8](0..<16))
    static var id: StreamID {
        guard let stream else { preconditionFailure("16 bytes are a stream id") }
        return stream
    }

    static var checkpoint: [WireBoxPosition] {
        [
            WireBoxPosition(.common, Position(generation: 1, value: 1200, date: 1_795_000_000, seq: 7)),
            WireBoxPosition(.qts, Position(generation: 1, value: 3)),
            WireBoxPosition(.channel(1_500_000_001), Position(generation: 2, value: 99)),
        ]
    }

    static var identity: WireDatabaseIdentity {
        .with {
            $0.systemIdentifier = 7_450_000_000_000_000_001
            $0.epoch = 2
        }
    }

    static var message: WireMessage {
        .with {
            $0.chat = chat
            $0.id = 4711
            $0.date = 1_795_000_000
            $0.editDate = 1_795_000_060
            $0.editHide = true
            $0.senderID = -1_001_500_000_001
            $0.senderName = "Väinö"
            $0.text = "Hei maailma 🌍"
            $0.entities = #"[{"type":"bold","offset":0,"length":3}]"#
            $0.mediaType = "photo"
            $0.mediaKind = "photo"
            $0.media = #"{"width":640}"#
            $0.mediaID = 0x8000_0000_0000_0001
            $0.replyTo = 4700
            $0.topicID = 12
            $0.groupedID = -5
            $0.forward = #"{"from_id":1}"#
            $0.viaBotID = 42
            $0.reactions = #"[{"emoji":"👍","count":2}]"#
            $0.views = 100
            $0.forwards = 3
            $0.service = #"{"action":"pin"}"#
            $0.edited = true
            $0.settled = true
            $0.position = -1
            $0.generation = 1
            $0.observedAt = 1_795_000_061
        }
    }

    static var chat: WireChat {
        .with {
            $0.kind = .channel
            $0.id = 1_500_000_001
        }
    }

    static var changes: [WireChange] {
        [
            .with { $0.message = message },
            .with {
                $0.deletion = .with {
                    $0.chat = chat
                    $0.ids = [1, 2, 300]
                    $0.presumed = true
                }
            },
            .with {
                $0.migration = .with {
                    $0.basicGroupID = 77
                    $0.channelID = 1_500_000_002
                    $0.maxID = 900
                }
            },
            .with {
                $0.groupState = .with {
                    $0.chat = chat
                    $0.state = .lostAccess
                    $0.reason = "CHANNEL_PRIVATE"
                }
            },
        ]
    }

    /// What backfill adds: how far it came, files, counters, names and topics. And what came later still: a quote.
    static var backfillChanges: [WireChange] {
        [
            .with {
                $0.progress = .with {
                    $0.chat = chat
                    $0.job = 12
                    $0.low = 100
                    $0.high = 299
                    $0.since = 1_793_790_400
                    $0.top = true
                    $0.live = true
                    $0.fetchedAt = 1_795_000_062
                    $0.nextID = 300
                    $0.messages = 200
                    $0.total = 1_000
                    $0.state = .failed
                    $0.error = "CHANNEL_PRIVATE"
                    $0.pages = 2
                }
            },
            .with {
                $0.mediaStored = .with {
                    $0.mediaID = 0x8000_0000_0000_0001
                    $0.photo = true
                    $0.key = "photo/1/abc.jpg"
                    $0.url = "https://example.org/abc.jpg"
                    $0.size = 4096
                    $0.sha256 = .init([UInt8](0..<32))
                    $0.mimeType = "image/jpeg"
                }
            },
            .with {
                $0.counters = .with {
                    $0.chat = chat
                    $0.id = 4711
                    $0.reactions = "[]"
                    $0.views = 101
                    $0.forwards = 4
                    $0.observedAt = 1_795_000_063
                }
            },
            .with {
                $0.groupInfo = .with {
                    $0.chat = chat
                    $0.title = "Väinö"
                    $0.username = ""
                    $0.forum = true
                }
            },
            .with {
                $0.topic = .with {
                    $0.chat = chat
                    $0.id = 12
                    $0.title = "Yleinen"
                    $0.closed = true
                    $0.hidden = false
                    $0.deleted = true
                    $0.observedAt = 1_795_000_064
                }
            },
            .with {
                $0.message = .with {
                    $0.chat = chat
                    $0.id = 4712
                    $0.replyTo = 4700
                    $0.reply = #"{"quote_text":"x"}"#
                }
            },
        ]
    }

    static var header: WireHeader {
        .with {
            $0.box = BoxKey.common.wire
            $0.generation = 1
            $0.from = 1200
            $0.to = 1203
            $0.date = 1_795_000_001
            $0.seq = 8
            $0.way = .difference
            $0.tooLong = true
            $0.receivedAt = 1_795_000_001_123_456_789
            $0.trace = 0x0102_0304_0506_0708
            $0.filtered = 2
        }
    }

    static func frames() throws -> [WireFrame] {
        [
            WireFrame(
                .hello(
                    .with {
                        $0.contractVersion = 1
                        $0.role = .listener
                        $0.account = "main"
                        $0.incarnation = 1_795_000_000_000
                        $0.streams = [WireStream(id, first: 5, last: 9, open: false), WireStream(id, first: 1, last: 0, open: true)]
                        $0.checkpoint = checkpoint
                        $0.database = identity
                        $0.build = "0.1.0"
                    })),
            WireFrame(
                .welcome(
                    .with {
                        $0.epoch = 3
                        $0.cursors = [WireStreamCursor(id, committed: 8)]
                        $0.positions = checkpoint
                        $0.credit = 10_000
                        $0.database = identity
                        $0.contractVersion = 1
                    })),
            WireFrame(
                .events(
                    WireBatch(
                        epoch: 3, incarnation: 1_795_000_000_000, stream: id, first: 9, records: [try WireRecord(header, changes: changes)])
                )),
            WireFrame(.ack(WireAck(epoch: 3, incarnation: 1_795_000_000_000, stream: id, committed: 9, credit: 9_999))),
            WireFrame(.stale(WireRefusal(epoch: 4, incarnation: 1_795_000_000_001, stream: id, expected: 0, reason: "incarnation"))),
            WireFrame(.nack(WireRefusal(epoch: 3, incarnation: 1_795_000_000_000, stream: id, expected: 9, reason: "hole"))),
            WireFrame(
                .hold(
                    .with {
                        $0.reason = "circuit open"
                        $0.retryAt = 1_795_000_030_000_000_000
                    })),
            WireFrame(.go(.with { $0.credit = 10_000 })),
            WireFrame(.ping(.with { $0.id = 6 })),
            WireFrame(.pong(.with { $0.id = 6 })),
            WireFrame(
                .incompatible(
                    .with {
                        $0.ours = 1
                        $0.yours = 2
                    })),
        ]
    }
}
