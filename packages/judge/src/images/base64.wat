;; Decodes base64 sixteen characters at a time, in place. Made into base64.wasm by scripts/make-wasm.ts.
;; The method is that of W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (2018).
(module
  (memory (export "memory") 1)

  ;; Decodes $length characters from address 0, a multiple of 16, into three bytes for each four characters, also from address 0.
  ;; The result is 1, or 0 when a character is no digit of base64. Up to 4 bytes behind the result are written.
  (func (export "decode") (param $length i32) (result i32)
    (local $from i32) (local $to i32) (local $text v128) (local $high v128) (local $wrong v128)
    (block $done
      (loop $block
        (br_if $done (i32.ge_u (local.get $from) (local.get $length)))
        (local.set $text (v128.load (local.get $from)))
        (local.set $high (i8x16.shr_u (local.get $text) (i32.const 4)))
        ;; The two tables, by the upper and the lower half of a character, share a bit where it is no digit.
        (local.set $wrong
          (v128.or (local.get $wrong)
            (v128.and
              (i8x16.swizzle
                (v128.const i8x16 0x10 0x10 0x01 0x02 0x04 0x08 0x04 0x08 0x10 0x10 0x10 0x10 0x10 0x10 0x10 0x10)
                (local.get $high))
              (i8x16.swizzle
                (v128.const i8x16 0x15 0x11 0x11 0x11 0x11 0x11 0x11 0x11 0x11 0x11 0x13 0x1a 0x1b 0x1b 0x1b 0x1a)
                (v128.and (local.get $text) (i8x16.splat (i32.const 0x0f)))))))
        ;; What is added to a character to get its six bits, by its upper half; "/" has an entry of its own, that before "+".
        (local.set $text
          (i8x16.add (local.get $text)
            (i8x16.swizzle
              (v128.const i8x16 0 16 19 4 -65 -65 -71 -71 0 0 0 0 0 0 0 0)
              (i8x16.add (local.get $high) (i8x16.eq (local.get $text) (i8x16.splat (i32.const 0x2f)))))))
        ;; Two of six bits become one of twelve, two of these one of 24.
        (local.set $text
          (v128.or
            (i16x8.shl (v128.and (local.get $text) (i16x8.splat (i32.const 0x00ff))) (i32.const 6))
            (i16x8.shr_u (local.get $text) (i32.const 8))))
        (local.set $text
          (v128.or
            (i32x4.shl (v128.and (local.get $text) (i32x4.splat (i32.const 0x0000ffff))) (i32.const 12))
            (i32x4.shr_u (local.get $text) (i32.const 16))))
        (v128.store (local.get $to)
          (i8x16.shuffle 2 1 0 6 5 4 10 9 8 14 13 12 3 7 11 15 (local.get $text) (local.get $text)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 12)))
        (br $block)))
    (i32.eqz (v128.any_true (local.get $wrong)))))
