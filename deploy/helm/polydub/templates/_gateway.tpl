{{/* The gateway's environment, which its jobs share. */}}
{{- define "polydub.gatewayEnv" -}}
{{- $name := include "polydub.fullname" . }}
{{- $own := include "polydub.secrets" . }}
- {name: POLYDUB_GATEWAY_HOST, value: 0.0.0.0}
- {name: POLYDUB_GATEWAY_PORT, value: "8080"}
- {name: POLYDUB_GATEWAY_GRPC_PORT, value: "50051"}
- {name: POLYDUB_GATEWAY_SHUTDOWN_S, value: {{ .Values.gateway.drainSeconds | quote }}}
{{ include "polydub.secretEnv" (dict "name" "POLYDUB_GATEWAY_SECRET" "secret" (.Values.gateway.existingSecret | default $own) "key" "secret") }}
{{- if .Values.postgresql.enabled }}
{{ include "polydub.secretEnv" (dict "name" "POLYDUB_GATEWAY_DATABASE_PASSWORD" "secret" (.Values.postgresql.existingSecret | default $own) "key" "password") }}
- name: POLYDUB_GATEWAY_DATABASE_URL
  value: postgresql+asyncpg://polydub@{{ $name }}-postgresql:5432/polydub
{{- else }}
{{ include "polydub.secretEnv" (dict "name" "POLYDUB_GATEWAY_DATABASE_URL" "secret" .Values.postgresql.existingSecret "key" "url") }}
{{- end }}
{{- if .Values.gateway.accounts.enabled }}
- {name: POLYDUB_GATEWAY_ACCOUNTS, value: "true"}
- {name: POLYDUB_GATEWAY_FIRST_ADMIN_EMAIL, value: {{ .Values.gateway.accounts.adminEmail | quote }}}
- {name: POLYDUB_GATEWAY_FIRST_ADMIN_PASSWORD_FILE, value: /secrets/admin-password}
{{- else }}
- {name: POLYDUB_GATEWAY_ALLOW_UNAUTHENTICATED, value: "true"}
{{- if not (hasKey .Values.gateway.settings "ALLOWED_HOSTS") }}
- {name: POLYDUB_GATEWAY_ALLOWED_HOSTS, value: {{ include "polydub.gatewayHosts" . | quote }}}
{{- end }}
{{- end }}
{{- if .Values.ingress.enabled }}
- {name: POLYDUB_GATEWAY_PUBLIC_URL, value: "{{ ternary "https" "http" .Values.ingress.tls.enabled }}://{{ .Values.ingress.host }}"}
{{- end }}
{{- with .Values.gateway.trustedProxies }}
- {name: POLYDUB_GATEWAY_TRUSTED_PROXIES, value: {{ . | quote }}}
{{- end }}
{{- include "polydub.settingsEnv" (dict "prefix" "POLYDUB_GATEWAY_" "settings" .Values.gateway.settings) }}
{{ include "polydub.commonEnv" . | trim }}
{{- with .Values.gateway.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The names of the gateway in this cluster; that of the ingress is in its PUBLIC_URL. */}}
{{- define "polydub.gatewayHosts" -}}
{{- $service := printf "%s-gateway" (include "polydub.fullname" .) }}
{{- $inside := printf "%s.%s" $service .Release.Namespace }}
{{- list $service $inside (printf "%s.svc" $inside) (printf "%s.svc.cluster.local" $inside) | join "," }}
{{- end }}

{{/* The paths that lead to it; where the page has Pods of its own, the rest is theirs. */}}
{{- define "polydub.gatewayPaths" -}}
{{- ternary "/v1 /.well-known /docs /openapi.json" "/" .Values.frontend.enabled }}
{{- end }}

{{/* A Job's Pod that runs the gateway's image: dict root, component, command (a list), and models
     where it writes them. */}}
{{- define "polydub.jobPod" -}}
{{- $values := .root.Values }}
restartPolicy: OnFailure
serviceAccountName: {{ include "polydub.fullname" .root }}-gateway
automountServiceAccountToken: false
enableServiceLinks: false
{{ include "polydub.podSecurity" .root }}
{{- with include "polydub.pull" .root | trim }}
{{ . }}
{{- end }}
{{- /* No PriorityClass: the chart's own is not there yet when a hook runs. */}}
{{ pick $values.gateway "nodeSelector" "tolerations" "affinity" | toYaml }}
containers:
  - name: {{ .component }}
    image: {{ include "polydub.image" (dict "root" .root "component" "gateway" "image" $values.gateway.image) }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    command: {{ toJson .command }}
    {{- include "polydub.containerSecurity" .root | nindent 4 }}
    {{- if .models }}
    {{- with $values.models.existingSecret }}
    envFrom:
      - secretRef: {name: {{ . }}}
    {{- end }}
    env:
      - {name: POLYDUB_ALLOW_NONCOMMERCIAL, value: {{ get $values.settings "ALLOW_NONCOMMERCIAL" | default false | quote }}}
      {{- with $values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- else }}
    envFrom:
      - configMapRef: {name: {{ include "polydub.fullname" .root }}-settings}
    env:
      {{- include "polydub.gatewayEnv" .root | nindent 6 }}
    {{- end }}
    resources:
      {{- toYaml .resources | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      {{- if .models }}
      - {name: models, mountPath: /models}
      {{- else if $values.gateway.accounts.enabled }}
      - {name: secrets, mountPath: /secrets, readOnly: true}
      {{- end }}
      {{- if and (not .models) (eq $values.store.kind "local") }}
      - {name: store, mountPath: /store}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 1Gi}
  {{- if .models }}
  - name: models
    persistentVolumeClaim:
      claimName: {{ $values.models.existingClaim | default (printf "%s-models" (include "polydub.fullname" .root)) }}
  {{- else }}
  {{- include "polydub.adminVolume" .root | nindent 2 }}
  {{- if eq $values.store.kind "local" }}
  - name: store
    persistentVolumeClaim:
      claimName: {{ $values.store.local.existingClaim | default (printf "%s-store" (include "polydub.fullname" .root)) }}
  {{- end }}
  {{- end }}
{{- end }}

{{- define "polydub.adminVolume" -}}
{{- if .Values.gateway.accounts.enabled -}}
- name: secrets
  secret:
    secretName: {{ .Values.gateway.accounts.existingSecret | default (include "polydub.secrets" .) }}
    items: [{key: admin-password, path: admin-password}]
{{- end }}
{{- end }}
