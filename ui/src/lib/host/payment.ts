// A payment and its signature, for the host without a program.
import type { PaymentView, SignatureView } from "../ipc/types";

/** A payment in its one spelling. */
export const payment: PaymentView = {
  fields: {
    payeeBank: "9999",
    payeeBranch: "001",
    accountKind: "普通",
    accountNumber: "1234567",
    payeeName: "ミホン タロウ",
    amountYen: "50000",
  },
  amountGrouped: "50,000",
};

export const signatureAt = (nowMs: number): SignatureView => ({
  payment,
  digits: "29659806",
  grouped: "2965 9806",
  validFromMs: nowMs,
  validUntilMs: nowMs + 60_000,
});
