import { transportContract } from "../runtime/transport/contract.ts";
import { ZmqStage } from "../runtime/transport/testing/zmq_stage.ts";
import { newKeyPair, parseKeys } from "../runtime/transport/zmq/keys.ts";
import { keyFileText } from "../runtime/transport/zmq/keys.ts";

transportContract("zmq", () => new ZmqStage());

const keys = parseKeys(keyFileText(newKeyPair()), "cluster.key", []);
transportContract("zmq with keys", () => new ZmqStage(keys));
